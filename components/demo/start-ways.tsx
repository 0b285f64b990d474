import { SITE } from "@/lib/site";

const WAYS = [
  {
    title: "The whole app",
    text: "With the demo provider, the API and every test.",
    command: `git clone …/${SITE.id}`,
  },
  {
    title: "Only what you need",
    text: "The same app, without the parts that you name.",
    command: "npm run eject -- demo",
  },
  // part: registry
  {
    title: "Into an app you have",
    text: "Only the login, copied into your app as source files.",
    command: "npx shadcn add …/r/auth.json",
  },
  // end part: registry
];

/** The ways to start an app from this project, for the home page. */
export function StartWays() {
  return (
    <section aria-labelledby="start" className="section">
      <h2 id="start">Ways to start</h2>
      <ul className="ways">
        {WAYS.map(({ title, text, command }) => (
          <li key={title}>
            <h3>{title}</h3>
            <p>{text}</p>
            <code>{command}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}
