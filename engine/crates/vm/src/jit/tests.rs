//! What only the crate itself can see: masks that are switched off, and code for the other architecture.
