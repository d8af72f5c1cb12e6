//! The real relayer binary before a real devnode, as a venue sees it: HTTP in, events out.
mod relayer {
    mod crash;
    mod net;
    mod outages;
    mod process;
    mod refusals;
    mod settles;
    mod venue;
}
