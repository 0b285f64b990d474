export { GET } from "../api/maybe-me/route";
