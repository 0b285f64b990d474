export { cpuTime } from "../dev/testing/cpu-time.ts";
