/** The page that `unauthorized()` shows. Every page has it in its payload, so it is shorter than Next.js's default. */
export default function Unauthorized() {
  return <h1>Log in first</h1>;
}
