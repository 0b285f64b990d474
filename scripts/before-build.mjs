/** Runs before `next build`, which would fail with a stack trace if NODE_ENV had a value other than "production". */
const { NODE_ENV } = process.env;

if (NODE_ENV && NODE_ENV !== "production") {
  console.error(`NODE_ENV is "${NODE_ENV}", but a build is always for production: unset NODE_ENV.`);
  process.exit(1);
}
