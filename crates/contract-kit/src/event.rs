//! Events as logs.
//!
//! The first topic, the hash of the event's signature, is given as numbers, which stand in code: as data every call would pay
//! for it, whether it emits the event or not.
use crate::host::Host;
use crate::words::{Put, Writer, limbs};
use alloc::boxed::Box;
use alloy_primitives::B256;
use alloy_sol_types::{SolEvent, TopicList};

/// Emits an event of static fields.
#[inline(always)]
pub fn emit<E: SolEvent + Put>(host: Host, event: &E) {
    let [a, b, c, d] = const { limbs(&E::SIGNATURE_HASH) };
    let mut out = topic(a, b, c, d);
    event.put(&mut out);
    log(host, &out, <E::TopicList as TopicList>::COUNT);
}

/// An event with lists, whose indexed fields are these words.
pub fn emit_lists<E: SolEvent>(host: Host, event: &E, indexed: &[B256]) {
    let [a, b, c, d] = const { limbs(&E::SIGNATURE_HASH) };
    let mut out = topic(a, b, c, d);
    indexed.iter().for_each(|word| out.push(word));
    out.push_raw(&event.encode_data());
    log(host, &out, <E::TopicList as TopicList>::COUNT);
}

/// The same of data that is encoded already.
pub fn emit_data<E: SolEvent>(host: Host, indexed: &[B256], data: &Writer) {
    let [a, b, c, d] = const { limbs(&E::SIGNATURE_HASH) };
    let mut out = topic(a, b, c, d);
    indexed.iter().for_each(|word| out.push(word));
    out.push_raw(data.as_slice());
    log(host, &out, <E::TopicList as TopicList>::COUNT);
}

/// An event of one number as its topic and bytes behind it.
#[inline(always)]
pub fn emit_bytes<E: SolEvent>(host: Host, indexed: u64, bytes: &[u8]) {
    let [a, b, c, d] = const { limbs(&E::SIGNATURE_HASH) };
    let mut out = topic(a, b, c, d);
    out.push_u64(indexed);
    out.push_u64(32);
    let out = (*out).tail(bytes);
    log(host, &out, <E::TopicList as TopicList>::COUNT);
}

/// On the heap: a pointer is all that an event needs to carry.
#[inline(never)]
fn topic(a: u64, b: u64, c: u64, d: u64) -> Box<Writer> {
    let mut out = Box::new(Writer::with_room(12));
    out.push_limbs(a, b, c, d);
    out
}

#[inline(never)]
fn log(host: Host, out: &Writer, topics: usize) {
    host.log(out.as_slice(), topics);
}
