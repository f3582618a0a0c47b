//! The environment of the module's VM, which a key can be read from instead of the configuration.
//!
//! A `WasmPlugin` is readable to everybody who may list it, and the environment of the proxy's
//! container can come from a secret. The engine does no I/O, so the environment is an argument.

use super::problem::Problem;
use super::reader::ConfigValue;
use super::schema::VARIABLE;

/// The variables that a configuration may name.
#[derive(Clone, Copy)]
pub enum VmEnvironment<'e> {
    /// The VM's own: the value of a variable, if it is set.
    Known(&'e dyn Fn(&str) -> Option<String>),
    /// A tool reads the configuration elsewhere, and takes each variable for set.
    Unknown,
}

/// The longest name of a variable.
const MAX_NAME: usize = 128;

/// The name in `{ "env": "NAME" }`. A problem never quotes it: it may be a key that was put there by
/// mistake.
pub(super) fn variable<'d>(value: &ConfigValue<'d>) -> Option<&'d str> {
    let given = value.of_kind(&VARIABLE).object()?;
    let named = given.need("env")?;
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let is_name = |name: &&str| {
        let mut bytes = name.bytes();
        name.len() <= MAX_NAME
            && bytes.next().is_some_and(letter)
            && bytes.all(|byte| letter(byte) || byte.is_ascii_digit())
    };
    let name = named.as_text().filter(is_name);
    if name.is_none() {
        named.report_bare(
            Problem::new("not the name of a variable")
                .allowed("letters, digits and _, a letter first")
                .fix("name the variable that holds the key, such as \"UNSTUFF_KEY\""),
        );
    }
    name
}

/// The value of a variable; no value is a problem.
pub(super) fn text(
    value: &ConfigValue<'_>,
    name: &str,
    get: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let text = get(name);
    if text.is_none() {
        value.report_bare(Problem::new("the VM's environment has no variable of this name").fix(
            "set it in vm_config.environment_variables of Envoy, or in vmConfig.env of a \
                 WasmPlugin",
        ));
    }
    text
}
