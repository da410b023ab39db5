//! The values of fields, as columns hold them.

use std::borrow::Cow;

use super::{Json, Timestamp};

/// The value of a field, as a column holds it.
#[derive(Debug, Clone)]
pub enum Column<'m> {
    /// Nothing.
    Null,
    /// Text without NUL.
    Text(Cow<'m, str>),
    /// A whole number.
    Whole(i64),
    /// A finite number.
    Real(f64),
    /// True or false.
    Flag(bool),
    /// A time.
    Time(Timestamp),
    /// An object or a list.
    Json(Cow<'m, Json>),
    /// A list of texts.
    Texts(Cow<'m, [String]>),
}

/// Real numbers are equal if their bits are: −0 is not 0.
impl PartialEq for Column<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Whole(one), Self::Whole(other)) => one == other,
            (Self::Real(one), Self::Real(other)) => one.to_bits() == other.to_bits(),
            (Self::Flag(one), Self::Flag(other)) => one == other,
            (Self::Time(one), Self::Time(other)) => one == other,
            (Self::Json(one), Self::Json(other)) => one == other,
            (Self::Texts(one), Self::Texts(other)) => one == other,
            _ => false,
        }
    }
}

/// A type that a field may have.
pub(crate) trait FieldType: Sized {
    /// Returns the value as a column holds it.
    fn to_column(&self) -> Column<'_>;
    /// Returns the value that a column holds; nothing if it is of another type.
    fn from_column(column: Column<'static>) -> Option<Self>;
}

impl FieldType for String {
    fn to_column(&self) -> Column<'_> {
        Column::Text(Cow::Borrowed(self))
    }

    fn from_column(column: Column<'static>) -> Option<Self> {
        match column {
            Column::Text(text) => Some(text.into_owned()),
            _ => None,
        }
    }
}

impl FieldType for i64 {
    fn to_column(&self) -> Column<'_> {
        Column::Whole(*self)
    }

    fn from_column(column: Column<'static>) -> Option<Self> {
        match column {
            Column::Whole(number) => Some(number),
            _ => None,
        }
    }
}

impl FieldType for i16 {
    fn to_column(&self) -> Column<'_> {
        Column::Whole(i64::from(*self))
    }

    fn from_column(column: Column<'static>) -> Option<Self> {
        i64::from_column(column).and_then(|number| number.try_into().ok())
    }
}

impl FieldType for f64 {
    fn to_column(&self) -> Column<'_> {
        Column::Real(*self)
    }

    fn from_column(column: Column<'static>) -> Option<Self> {
        match column {
            Column::Real(number) => Some(number),
            _ => None,
        }
    }
}

impl FieldType for bool {
    fn to_column(&self) -> Column<'_> {
        Column::Flag(*self)
    }

    fn from_column(column: Column<'static>) -> Option<Self> {
        match column {
            Column::Flag(flag) => Some(flag),
            _ => None,
        }
    }
}

impl FieldType for Timestamp {
    fn to_column(&self) -> Column<'_> {
        Column::Time(*self)
    }

    fn from_column(column: Column<'static>) -> Option<Self> {
        match column {
            Column::Time(time) => Some(time),
            _ => None,
        }
    }
}

impl FieldType for Json {
    fn to_column(&self) -> Column<'_> {
        Column::Json(Cow::Borrowed(self))
    }

    fn from_column(column: Column<'static>) -> Option<Self> {
        match column {
            Column::Json(json) => Some(json.into_owned()),
            _ => None,
        }
    }
}

impl FieldType for Vec<String> {
    fn to_column(&self) -> Column<'_> {
        Column::Texts(Cow::Borrowed(self))
    }

    fn from_column(column: Column<'static>) -> Option<Self> {
        match column {
            Column::Texts(texts) => Some(texts.into_owned()),
            _ => None,
        }
    }
}

impl<T: FieldType> FieldType for Option<T> {
    fn to_column(&self) -> Column<'_> {
        self.as_ref().map_or(Column::Null, T::to_column)
    }

    fn from_column(column: Column<'static>) -> Option<Self> {
        match column {
            Column::Null => Some(None),
            column => T::from_column(column).map(Some),
        }
    }
}
