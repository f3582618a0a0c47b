//! Tests of `pack` without a real module; the end-to-end tests pack the real one.

use crate::lists::hibp;
use crate::workspace::ToolWorkspace;

#[test]
fn file_that_is_not_a_module_is_refused() {
    let workspace = ToolWorkspace::new();
    workspace.put("list", hibp(0..10));
    workspace.run("build list -o filter").quiet();
    workspace
        .run("pack list --passwords filter -o out")
        .error("cannot pack into list: not a WebAss");
    workspace.run("pack nothing --passwords filter -o out").error("cannot read nothing");
    workspace.put("empty.wasm", b"\0asm\x01\0\0\0");
    workspace
        .run("pack empty.wasm --passwords filter -o out")
        .error("does not export unstuff_passw");
    workspace.run("pack empty.wasm -o out").error("--passwords");
    workspace.run("inspect empty.wasm").error("not an Unstuff module");
    assert_eq!(workspace.names(), ["empty.wasm", "filter", "list"]);
}
