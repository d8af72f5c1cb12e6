//! The second agent's word in a dispute.
