//! Hands the linker its scripts: cortex-m-rt's and defmt's; the memory map is embassy-stm32's.

fn main() {
    for argument in ["--nmagic", "-Tlink.x", "-Tdefmt.x"] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}
