//! The inputs that the fuzzer of expressions starts from, and that once broke something.

mod target;

use std::path::Path;

#[test]
fn seeds_hold() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/expression");
    let mut count = 0;
    for entry in std::fs::read_dir(seeds).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        target::expression(&std::fs::read(path).unwrap());
        count += 1;
    }
    assert!(count > 10, "{count} seeds");
}
