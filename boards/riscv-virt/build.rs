//! Hands the linker its scripts: `memory.x` is this folder's, the others are riscv-rt's and defmt's.

fn main() {
    println!("cargo:rerun-if-changed=memory.x");
    println!("cargo:rustc-link-search={}", env!("CARGO_MANIFEST_DIR"));
    // riscv-rt wants the memory map before its own script.
    for argument in ["-Tmemory.x", "-Tlink.x", "-Tdefmt.x"] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}
