//! Writes the header and the documentation of FlowProtect's own helpers.

use std::path::Path;

use flowprotect_vm::additions::text::{documentation, header};

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    std::fs::write(root.join("toolchain/include/flowprotect_abi.h"), header())?;
    std::fs::write(root.join("docs/abi-additions.md"), documentation())
}
