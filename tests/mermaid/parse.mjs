// Reads a JSON list of diagrams, and prints for each what Mermaid's parser has against it, or null.
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

globalThis.window = new JSDOM("").window; // labels are sanitized by way of a document
globalThis.document = globalThis.window.document;
const { default: mermaid } = await import("mermaid");

const said = [];
for (const diagram of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    await mermaid.parse(diagram);
    said.push(null);
  } catch (error) {
    said.push(error.message);
  }
}
process.stdout.write(JSON.stringify(said));
