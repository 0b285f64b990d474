import { readFile } from "node:fs/promises";

const TICK = 10; // ms; the kernel reports times in hundredths of a second

/**
 * Returns the CPU time that a process and its descendants have used so far, in milliseconds. It includes all threads.
 *
 * @returns NaN on systems without `/proc`, or if a process has ended
 */
export async function cpuTime(pid: number): Promise<number> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // proc_pid_stat(5): utime and stime are fields 14 and 15. Field 2 is in parentheses and may contain spaces.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
    const times = await Promise.all(children.split(" ").filter(Boolean).map(Number).map(cpuTime));
    return times.reduce((sum, time) => sum + time, TICK * (Number(fields[11]) + Number(fields[12])));
  } catch {
    return Number.NaN;
  }
}
