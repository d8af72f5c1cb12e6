// A venue: one batch of two fills, followed until each has ended.
//
//   RELAYER=http://127.0.0.1:8080 VENUE_KEY=0x… BUYER=1 SELLER=2 node venue.js
import { Problem, Relayer, fill } from "../src/index.js";

const { RELAYER, VENUE_KEY, BUYER, SELLER } = process.env;
const ends = ["settled", "lapsed", "rejected"];

const relayer = new Relayer(RELAYER!, VENUE_KEY as `0x${string}`);
const { chain } = await relayer.time();
const trade = (instrument: string, quantity: string, price: string) => {
  const accounts = { buyerAccount: Number(BUYER), sellerAccount: Number(SELLER) };
  return fill({ ...accounts, instrument, quantity, price, matchedAt: chain, settleBy: chain + 30_000 });
};
const fills = [trade("BTC-PERP", "0.1", "113000"), trade("ETH-PERP", "1.5", "3830")];
const { lastEvent } = await relayer.venue();
try {
  await relayer.dryRun(fills);
  const accepted = await relayer.submit(fills);
  console.log("on disk:", accepted.batchId);

  const open = new Set(accepted.fills);
  for await (const event of relayer.follow(lastEvent)) {
    console.log(event.cursor, event.fill.id, event.fill.state);
    if (ends.includes(event.fill.state)) open.delete(event.fill.id);
    if (open.size === 0) break;
  }
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  console.error(`refused: ${error.message}`);
  process.exitCode = 1;
}
