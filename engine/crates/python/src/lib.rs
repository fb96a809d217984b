//! See the crate README in docs.
