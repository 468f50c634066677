# How cargo is called for a bare-metal target; sourced by other scripts (bash).
#
#   bare_cargo TARGET SUBCOMMAND [ARGUMENTS...]
#       cargo, in the current folder: `bare_cargo thumbv7m-none-eabi build --release`
#   bare_targets
#       every target that the project builds for (an array)
#   boards, board_target BOARD
#       the boards that QEMU can run (an array), and the target of one
#   board_image BOARD [PROGRAM]
#       builds a program for a board, by default the demo, and prints the path of the image
#
# Two toolchains can do it: rustup's, when it has every target, or else Debian's, which compiles the
# standard library first. MINIMC_TOOLCHAIN=rustup or =debian insists on one. With Debian's only
# `core` is compiled, so that nothing uses `alloc` unseen; BARE_STD=core,alloc allows it.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

bare_targets=(
    thumbv6m-none-eabi
    thumbv7m-none-eabi
    thumbv7em-none-eabi
    thumbv7em-none-eabihf
    riscv32imac-unknown-none-elf
)
boards=(mps2-an386 lm3s6965evb riscv-virt)

board_target() {
    case $1 in
    mps2-an386 | stm32-nucleo-h743) echo thumbv7em-none-eabihf ;;
    lm3s6965evb) echo thumbv7m-none-eabi ;;
    riscv-virt) echo riscv32imac-unknown-none-elf ;;
    *) echo "no board is called $1" >&2 && return 1 ;;
    esac
}

# Whether the rustc in PATH has `core` ready for every target.
rustup_ready() {
    local libraries target
    libraries=$(rustc --print sysroot 2>/dev/null)/lib/rustlib
    for target in "${bare_targets[@]}"; do
        compgen -G "$libraries/$target/lib/libcore-*.rlib" >/dev/null || return 1
    done
}

# Whether Debian's toolchain and the sources of its standard library are installed.
debian_ready() {
    [ -x /usr/bin/cargo ] && [ -x /usr/bin/cargo-clippy ] && [ -x /usr/bin/ld.lld-22 ] &&
        [ -e "$(/usr/bin/rustc --print sysroot 2>/dev/null)/lib/rustlib/src/rust/library/Cargo.lock" ]
}

bare_toolchain() {
    if [ -n "${MINIMC_TOOLCHAIN:-}" ]; then
        echo "$MINIMC_TOOLCHAIN"
    elif rustup_ready; then
        echo rustup
    elif debian_ready; then
        echo debian
    else
        echo "no toolchain for bare metal is installed: run ci/setup.sh" >&2
        return 1
    fi
}

bare_cargo() {
    local target=$1 subcommand=$2 toolchain variable
    shift 2
    toolchain=$(bare_toolchain) || return
    case $toolchain in
    rustup)
        cargo "$subcommand" --target "$target" "$@"
        ;;
    debian)
        variable=CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<<"$target")_LINKER
        # cargo finds its subcommands, such as clippy, by PATH: Debian's must come first.
        env PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc RUSTC_BOOTSTRAP=1 "$variable=/usr/bin/ld.lld-22" \
            /usr/bin/cargo "$subcommand" --target "$target" "-Zbuild-std=${BARE_STD:-core}" "$@"
        ;;
    *)
        echo "MINIMC_TOOLCHAIN is rustup or debian, not $toolchain" >&2
        return 1
        ;;
    esac
}

board_image() {
    local board=$1 program=${2:-$1} target
    target=$(board_target "$board") || return
    # In boards/, where cargo finds the configuration of the firmware.
    (cd "$repository/boards" && bare_cargo "$target" build --quiet --release -p "$board" --bin "$program" >&2) || return
    echo "${CARGO_TARGET_DIR:-$repository/boards/target}/$target/release/$program"
}
