//! Placeholder until its first inhabitant lands.
