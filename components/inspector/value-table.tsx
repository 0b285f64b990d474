import { PARAMETER_MEANINGS } from "@/components/inspector/parameter-meanings";
import type { Shown } from "@/lib/auth/inspector/recording";

interface ValueTableProps {
  values: Shown;
}

/** Shows the parameters of an authentication request. Each row: the parameter, its value and its purpose. */
export function ValueTable({ values }: ValueTableProps) {
  return (
    <table>
      <thead>
        <tr>
          <th>Parameter</th>
          <th>Value</th>
          <th>What it is for</th>
        </tr>
      </thead>
      <tbody>
        {Object.entries(values).map(([parameter, value]) => (
          <tr key={parameter}>
            <td>{parameter}</td>
            <td>{value}</td>
            <td>{PARAMETER_MEANINGS.get(parameter)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
