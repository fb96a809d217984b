//! The recorded verdicts are those that Cloudflare's verifier gives today.

#[test]
fn the_record_is_right() {
    let checked = std::process::Command::new(env!("CARGO_BIN_EXE_flowprotect-vm-corpus"))
        .arg("--check")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{said}");
}
