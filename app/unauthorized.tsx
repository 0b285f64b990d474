/** What `unauthorized()` shows. Every page carries this one in its payload; without it, Next's own, which is longer. */
export default function Unauthorized() {
  return <h1>Log in first</h1>;
}
