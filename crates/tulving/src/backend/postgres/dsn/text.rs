//! The text of a connection string, taken apart.

/// A name and its value, as they stand in the string.
pub(super) struct Given {
    pub(super) name: String,
    pub(super) value: String,
    /// It cannot be a part of a password: it may be shown.
    pub(super) certain: bool,
}

/// What was read, in order. Of equal names the last one counts.
#[derive(Default)]
pub(super) struct Text {
    pub(super) given: Vec<Given>,
    /// There is an `@` and nobody before it.
    pub(super) user_is_empty: bool,
    /// The port cannot be a part of a password: it may be shown.
    pub(super) port_is_certain: bool,
}

impl Text {
    pub(super) fn push(&mut self, name: &str, value: String) {
        self.given.push(Given {
            name: name.to_owned(),
            value,
            certain: true,
        });
    }
}
