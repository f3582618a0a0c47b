//! The rig: a real Envoy with the module, an application behind it, clients in front.
