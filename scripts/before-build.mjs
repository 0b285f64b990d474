/** Runs before `next build`, and stops if NODE_ENV is not for production. `next build` would print a stack trace. */
const { NODE_ENV } = process.env;

if (NODE_ENV && NODE_ENV !== "production") {
  console.error(`NODE_ENV is "${NODE_ENV}", but a build is always for production: unset NODE_ENV.`);
  process.exit(1);
}
