// Client of a Plumbline relayer, for venues: typed data and signatures, requests, errors.
export { Relayer, type Accepted, type Cancelled, type Event, type Fetch, type FillState, type Options, type Venue } from "./client.js";
export { PlumblineError, Problem, Unreachable } from "./errors.js";
export {
  type Batch, type Deployment, type Fill, type Post, checkNotice, fill, leaf, root, signBatch, signCancel, signRead, termsHash, types, units,
} from "./signing.js";
