/** The page that `unauthorized()` shows. It is short, because Next.js adds it to the payload of every page. */
export default function Unauthorized() {
  return <h1>Log in first</h1>;
}
