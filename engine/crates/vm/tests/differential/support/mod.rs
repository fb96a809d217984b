//! What the differential tests, the by-hand runs and the fuzz targets of `engine/fuzz` share: the only copy of it.

pub mod compare;
pub mod generate;
pub mod packets;
pub mod random;
pub mod targets;
