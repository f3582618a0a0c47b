//! The module's version, where an operator looks for it: in the log, and in the file.

/// As `Cargo.toml` says.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The version as a custom section of the module's file: `unstuff inspect` reads it without
/// running the module, and `unstuff pack` leaves it in place.
// SAFETY (link_section): a custom section is never loaded into memory.
#[cfg(target_arch = "wasm32")]
#[used]
#[unsafe(link_section = "unstuff.version")]
static SECTION: [u8; VERSION.len()] = match VERSION.as_bytes().first_chunk() {
    Some(bytes) => *bytes,
    None => [0; VERSION.len()],
};
