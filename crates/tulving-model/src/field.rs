//! Fields: what a kind of memory declares once, and everything that stores it follows.
//!
//! A kind is declared with `record_kind!`: a name, a Rust type and a [`Shape`] for each field. From
//! that follow the structure, how it is read from a JSON record and written to one
//! ([`crate::record`]), how two memories are compared, and how it lies in a table.

use super::column::{Column, FieldType};
use super::{Json, Sequence};

/// A field of a kind of memory: a key of its JSON record, and a column.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Key and column.
    pub name: &'static str,
    /// What it may hold.
    pub shape: Shape,
    /// Whether it changes while a memory is used: access counts and clusters.
    pub live: bool,
}

/// What a field may hold. Unless said otherwise, a record may leave it out, and null is as good as
/// left out: then the field is 0, false, empty or nothing.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// The record's own id: 1 to 255 characters that a database can store. Required.
    Id,
    /// `[a-z0-9_-]{1,32}`. Required.
    Source,
    /// Text. Required.
    Text {
        /// Bytes that it may have.
        most: usize,
    },
    /// Text.
    TextOr {
        /// What it holds where a record leaves it out.
        missing: &'static str,
    },
    /// Text, or nothing.
    MaybeText,
    /// One of some words.
    Word {
        /// The words.
        words: &'static [&'static str],
        /// The one that counts where a record leaves it out.
        missing: &'static str,
    },
    /// A whole number. Required.
    Position,
    /// A whole number.
    Whole {
        /// The smallest that is allowed.
        least: i64,
        /// The largest that is allowed.
        most: i64,
    },
    /// A whole number of any size that 64 bits hold, or nothing.
    MaybeWhole,
    /// A whole number, from 0; where a record leaves it out, how many items a list of it has.
    LengthOf {
        /// The field of the list.
        list: &'static str,
    },
    /// A number that need not be whole.
    Real {
        /// The smallest that is allowed.
        least: f64,
        /// The largest that is allowed.
        most: f64,
    },
    /// True or false.
    Flag,
    /// A time. Required.
    Time,
    /// A time, or nothing.
    MaybeTime,
    /// An object.
    Object {
        /// Its known keys in the order in which the origin writes them.
        keys: &'static [&'static str],
    },
    /// A list of objects. Required.
    Objects,
    /// A list of texts.
    Texts,
}

/// How a column stores a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// `text`
    Text,
    /// `bigint`
    BigInt,
    /// `smallint`
    SmallInt,
    /// `double precision`
    Double,
    /// `boolean`
    Boolean,
    /// `timestamptz`
    Timestamp,
    /// `jsonb`
    Jsonb,
    /// `text[]`
    TextArray,
}

impl Shape {
    /// Returns the type of the column.
    #[must_use]
    pub fn column_type(&self) -> ColumnType {
        match self {
            Self::Id
            | Self::Source
            | Self::Text { .. }
            | Self::TextOr { .. }
            | Self::MaybeText
            | Self::Word { .. } => ColumnType::Text,
            Self::Whole { least, most }
                if i16::try_from(*least).is_ok() && i16::try_from(*most).is_ok() =>
            {
                ColumnType::SmallInt
            }
            Self::Position | Self::Whole { .. } | Self::MaybeWhole | Self::LengthOf { .. } => {
                ColumnType::BigInt
            }
            Self::Real { .. } => ColumnType::Double,
            Self::Flag => ColumnType::Boolean,
            Self::Time | Self::MaybeTime => ColumnType::Timestamp,
            Self::Object { .. } | Self::Objects => ColumnType::Jsonb,
            Self::Texts => ColumnType::TextArray,
        }
    }

    /// Returns whether the column may hold nothing (NULL).
    #[must_use]
    pub fn is_nullable(&self) -> bool {
        matches!(self, Self::MaybeText | Self::MaybeWhole | Self::MaybeTime)
    }
}

/// Where the columns of a memory come from.
pub trait ColumnSource {
    /// What can be wrong with a column.
    type Error;

    /// The value of a field. Asked for the fields of a kind in their order.
    fn column(&mut self, field: &'static Field) -> Result<Column<'static>, Self::Error>;

    /// Returns the error for a value that the field's type cannot hold.
    fn misfit(&self, field: &'static Field) -> Self::Error;
}

/// What a kind of memory has besides its fields.
pub(crate) trait Record {
    /// The fields that say where its memories stand, where they stand one after the other.
    const SEQUENCE: Option<Sequence> = None;
    /// The field whose lists hold the tags of its memories.
    const TAGS: &'static str;

    /// See [`Memory::tags`](super::Memory::tags).
    fn tags(&self) -> &Json;

    /// See [`Memory::position`](super::Memory::position).
    fn position(&self) -> Option<(&str, i64)> {
        None
    }

    /// See [`Memory::place`](super::Memory::place).
    fn place(&mut self, _index: i64, _keeps_id: bool) {}

    /// See [`Memory::cluster_id`](super::Memory::cluster_id).
    fn cluster_id(&self) -> Option<i64> {
        None
    }

    /// See [`Memory::cluster_label`](super::Memory::cluster_label).
    fn cluster_label(&self) -> Option<&str> {
        None
    }

    /// See [`Memory::set_cluster`](super::Memory::set_cluster).
    fn set_cluster(&mut self, _id: Option<i64>, _label: Option<String>, _confidence: f64) {}
}

/// How records of one sort look.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// The fields, in the order in which they are written.
    pub fields: &'static [Field],
    /// The keys that are no further fields: the fields' names, and those of the owner's stamp.
    pub known: &'static [&'static str],
}

/// What is read from a record, and written as one.
pub trait Recorded {
    /// Returns how its records look.
    fn form(&self) -> Form;

    /// Returns the values of its fields, in their order.
    fn columns(&self) -> Vec<Column<'_>>;

    /// Returns an object of the further fields.
    fn extra(&self) -> &Json;

    /// Returns what all these cannot give back of the source record.
    fn carry(&self) -> Option<&[u8]>;
}

/// Returns the names of the fields in which two records of one form differ, the carry left out.
pub(crate) fn differing(one: &impl Recorded, other: &impl Recorded) -> Vec<&'static str> {
    let (ours, theirs) = (one.columns(), other.columns());
    let pairs = one.form().fields.iter().zip(ours.iter().zip(&theirs));
    let fields = pairs.filter_map(|(field, (ours, theirs))| (ours != theirs).then_some(field.name));
    let extra = (one.extra() != other.extra()).then_some("extra");
    fields.chain(extra).collect()
}

/// Declares a kind of memory, or another sort of record.
macro_rules! record_kind {
    (
        $(#[$doc:meta])*
        $kind:ident {
            $( $(#[$field_doc:meta])* $name:ident: $type:ty = $shape:expr $(; $live:ident)?, )+
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $kind {
            $( $(#[$field_doc])* pub $name: $type, )+
            /// An object of the fields that are not named above.
            pub extra: Json,
            /// What the fields above cannot give back of the source record (see [`crate::record`]).
            pub carry: Option<Vec<u8>>,
        }

        impl $kind {
            /// Its fields, in the order in which the origin writes them.
            pub const FIELDS: &'static [Field] = &[
                $( $crate::field::record_kind!(@field $name, $shape $(, $live)?) ),+
            ];
            /// How its records look. The owner's stamp has no column because the scope is the owner.
            pub const FORM: Form = Form {
                fields: Self::FIELDS,
                known: &[$(stringify!($name),)+ "user_id", "tenant_id"],
            };

            /// Returns the values of its fields, in their order.
            pub fn columns(&self) -> Vec<Column<'_>> {
                vec![$( FieldType::to_column(&self.$name) ),+]
            }

            /// Puts it together from the values of its fields, without further ones and without a carry.
            pub fn from_columns<S: ColumnSource>(source: &mut S) -> Result<Self, S::Error> {
                Ok(Self {
                    $( $name: $crate::field::take(
                        &$crate::field::record_kind!(@field $name, $shape $(, $live)?),
                        source,
                    )?, )+
                    extra: Json::empty_object(),
                    carry: None,
                })
            }
        }
    };
    (@field $name:ident, $shape:expr, live) => {
        Field { name: stringify!($name), shape: $shape, live: true }
    };
    (@field $name:ident, $shape:expr) => {
        Field { name: stringify!($name), shape: $shape, live: false }
    };
}
pub(crate) use record_kind;

/// Takes the value of one field.
pub(crate) fn take<T: FieldType, S: ColumnSource>(
    field: &'static Field,
    source: &mut S,
) -> Result<T, S::Error> {
    let column = source.column(field)?;
    T::from_column(column).ok_or_else(|| source.misfit(field))
}
