/** Runs before `next build`, which fails with a stack trace where NODE_ENV names another mode. */
const { NODE_ENV } = process.env;

if (NODE_ENV && NODE_ENV !== "production") {
  console.error(`NODE_ENV is "${NODE_ENV}", but a build is always for production: leave NODE_ENV out.`);
  process.exit(1);
}
