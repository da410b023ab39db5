//! The owner that a record names.

use uuid::Uuid;

use super::flaw::{Flaw, Reason};
use crate::Scope;
use tulving_json::{Text, Value};

/// Whose records are read, and what happens to those stamped with another owner.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    scope: Scope,
    restamp: bool,
}

impl Stamp {
    /// Records of another owner are refused.
    #[must_use]
    pub fn only(scope: Scope) -> Self {
        Self {
            scope,
            restamp: false,
        }
    }

    /// Records of another owner are taken over: their stamp is replaced.
    #[must_use]
    pub fn replace(scope: Scope) -> Self {
        Self {
            scope,
            restamp: true,
        }
    }

    /// Refuses a record of another owner, or replaces its stamp.
    pub(super) fn apply(&self, value: &mut Value<'_>) -> Result<(), Flaw> {
        let Some(foreign) = self.foreign(value) else {
            return Ok(());
        };
        if !self.restamp {
            return Err(Flaw::new(
                Reason::ForeignScope,
                format!(
                    "it is stamped with another owner, {foreign}, not {}",
                    self.scope
                ),
            ));
        }
        let Value::Object(members) = value else {
            return Ok(());
        };
        for (key, value) in members {
            let owner = match key.to_str() {
                Some("user_id") => self.scope.user_id(),
                Some("tenant_id") => self.scope.tenant_id(),
                _ => continue,
            };
            *value = owner.map_or(Value::Null, |id| Value::String(Text::from(id.to_string())));
        }
        Ok(())
    }

    /// Returns the owner that the record names, if it is not the scope. No stamp, null and "" name
    /// nobody.
    fn foreign(&self, value: &Value<'_>) -> Option<String> {
        let named = |field: &'static str, own: Option<Uuid>| match value.get(field)? {
            Value::Null => None,
            Value::String(text) if text.as_bytes().is_empty() => None,
            Value::String(text) => {
                let text = text.storable();
                let is_own = own.is_some() && Uuid::parse_str(&text).ok() == own;
                (!is_own)
                    .then(|| format!("{field} {:?}", text.chars().take(64).collect::<String>()))
            }
            other => Some(format!("{field} that is {}", other.kind())),
        };
        named("user_id", self.scope.user_id())
            .or_else(|| named("tenant_id", self.scope.tenant_id()))
    }
}
