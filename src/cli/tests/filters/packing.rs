//! `pack` with what is no module and no filter. With the real module: the end-to-end tests.

use crate::lists::hibp;
use crate::tool::Desk;

#[test]
fn what_is_no_module_is_refused() {
    let desk = Desk::new();
    desk.put("list", hibp(0..10));
    desk.run("build list -o filter").quiet();
    desk.run("pack list --passwords filter -o out").error("cannot pack into list: not a WebAss");
    desk.run("pack nothing --passwords filter -o out").error("cannot read nothing");
    desk.put("empty.wasm", b"\0asm\x01\0\0\0");
    desk.run("pack empty.wasm --passwords filter -o out").error("does not export unstuff_passw");
    desk.run("pack empty.wasm -o out").error("--passwords");
    desk.run("inspect empty.wasm").error("not an Unstuff module");
    assert_eq!(desk.names(), ["empty.wasm", "filter", "list"]);
}
