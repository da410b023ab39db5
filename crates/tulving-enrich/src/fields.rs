//! What is said of a turn.

use std::fmt;

/// What is known of a turn, a question with its answer, without a language model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// What the human is after.
    pub intent: Intent,
    /// How much there is to follow.
    pub complexity: Complexity,
    /// How deep into technology it goes, from 0 (not at all) to 10 (internals that few people know). See [`enrich`](crate::enrich).
    pub technical_depth: u8,
    /// How the human feels.
    pub valence: Valence,
    /// How soon the human needs it.
    pub urgency: Urgency,
    /// How the two talk.
    pub mode: Mode,
    /// Whether the human says that something remains to be done, beside what the assistant was asked for.
    pub action_required: bool,
    /// Whether either wrote code, a command, a query or a configuration.
    pub has_code: bool,
    /// Whether either shows or reports an error of a program or a device.
    pub has_error: bool,
    /// What it is about: one or two, the more important first; [`Domain::General`] alone where no other is.
    pub domains: Vec<Domain>,
    /// Names in it: most frequent first, then in order of their text; at most 20.
    pub entities: Vec<String>,
}

/// Declares a closed list of values with the origin's words for them.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident => $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Returns the word that data files have for it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What the human is after.
    Intent {
        /// To know something: a fact, an explanation, an opinion.
        Question => "question",
        /// To have something made, changed or looked at.
        Request => "request",
        /// To tell something.
        #[default]
        Statement => "statement",
        /// To say that something is not as it should be.
        Complaint => "complaint",
        /// To share success or to thank.
        Celebration => "celebration",
    }
}

words! {
    /// How much there is to follow.
    Complexity {
        /// One matter, said in a few sentences.
        #[default]
        Simple => "simple",
        /// Several parts or steps, or code that has to be understood.
        Moderate => "moderate",
        /// Many parts that depend on each other.
        Complex => "complex",
    }
}

words! {
    /// How the human feels.
    Valence {
        /// Bad: sad, afraid, angry, annoyed, ashamed.
        Negative => "negative",
        /// It cannot be told, or there is no feeling in it; a program that fails is not one.
        #[default]
        Neutral => "neutral",
        /// Good: glad, proud, thankful.
        Positive => "positive",
    }
}

words! {
    /// How soon the human needs it.
    Urgency {
        /// Nothing is said of it.
        #[default]
        Low => "low",
        /// A date is near, or it is called important.
        Medium => "medium",
        /// At once or within about a day, or harm is being done.
        High => "high",
    }
}

words! {
    /// How the two talk.
    Mode {
        /// Any other way.
        #[default]
        Chat => "chat",
        /// Something does not work, and they find out why: a program, a device, a cake.
        Debug => "debug",
        /// They collect ideas or weigh possibilities that are open.
        Brainstorm => "brainstorm",
        /// They judge or correct something that is there.
        Review => "review",
    }
}

words! {
    /// What a turn is about.
    Domain {
        /// None of the others.
        #[default]
        General => "general",
        /// Programs: writing and understanding them.
        Code => "code",
        /// Databases, tables, statistics.
        Data => "data",
        /// Servers, networks, containers, clouds.
        Infra => "infra",
        /// Machine learning.
        Ml => "ml",
        /// How systems of programs are built.
        Architecture => "architecture",
        /// Tests of programs.
        Testing => "testing",
        /// Settings of programs and devices.
        Config => "config",
        /// What programs show, in browsers above all.
        Frontend => "frontend",
        /// Interfaces between programs.
        Api => "api",
        /// Keys, passwords, rights, attacks.
        Security => "security",
        /// Releasing, running and watching programs.
        Ops => "ops",
        /// Companies, customers, money, contracts, taxes.
        Business => "business",
        /// Sport.
        Exercise => "exercise",
        /// Faith, prayer, meditation.
        Spiritual => "spiritual",
        /// Building and repairing things by hand.
        PhysicalCrafts => "physical_crafts",
        /// Ethics, meaning, knowledge.
        Philosophy => "philosophy",
        /// Partners, friends, neighbours.
        Relationship => "relationship",
        /// Writing, music, pictures.
        Creative => "creative",
        /// Parents, children, siblings.
        Family => "family",
        /// Feelings, habits, health of the mind.
        Psychology => "psychology",
        /// Physics and its neighbours.
        Physics => "physics",
        /// Cooking, gardens, travel, games, films.
        Hobbies => "hobbies",
        /// The own work: job, colleagues, application.
        Employer => "employer",
    }
}
