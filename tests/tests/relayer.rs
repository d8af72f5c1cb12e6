//! The real relayer binary before a real devnode, as a venue sees it: HTTP in, events out.
mod relayer {
    mod crash;
    mod data;
    mod net;
    mod nonces;
    mod outages;
    mod process;
    mod refusals;
    mod settles;
    mod venue;
}
