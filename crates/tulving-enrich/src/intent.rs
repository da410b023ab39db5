//! What the human is after.

use crate::fields::{Intent, Valence};
use crate::lexicon::{Ask, Mark, Tell};
use crate::side::{Side, Voice};

/// Returns the intent of a text.
///
/// Who asks for something to be done has a request, however politely it is put as a question; who asks otherwise, or
/// wants an explanation, has a question. The last sentence that asks decides, unless an order came before: who orders
/// and adds "is that possible?" still orders. Without either, praise and thanks are a celebration, and words of
/// complaint a complaint, of which the one that is found last holds.
pub(crate) fn of(human: &Side, valence: Valence, has_error: bool) -> Intent {
    let mut asked = None;
    for (number, sentence) in human.sentences.iter().enumerate() {
        if sentence.words > 0
            && let Some(intent) = asks(human, number, sentence.asks)
        {
            asked = match asked {
                // What was asked first holds against a polite word after it.
                Some(Intent::Request) => Some(Intent::Request),
                _ => Some(intent),
            };
        }
    }
    asked.unwrap_or_else(|| tells(human, valence, has_error))
}

fn asks(human: &Side, number: usize, mark: bool) -> Option<Intent> {
    let mut found = mark.then_some(Intent::Question);
    let mut polite = false;
    let start = human
        .hits
        .partition_point(|hit| hit.place.sentence < number);
    for hit in human.hits[start..]
        .iter()
        .take_while(|hit| hit.place.sentence == number)
    {
        let place = hit.place;
        if place.voice != Voice::Own {
            continue;
        }
        match hit.mark {
            Mark::Ask(Ask::Please) if !place.negated => return Some(Intent::Request),
            Mark::Ask(Ask::Order) if place.begins => return Some(Intent::Request),
            Mark::Ask(Ask::Polite) => polite = true,
            Mark::Ask(Ask::Interrogative) if place.begins => found = Some(Intent::Question),
            Mark::Ask(Ask::Clause) if place.begins || place.after_comma => {
                found = Some(Intent::Question);
            }
            _ => {}
        }
    }
    found.or(polite.then_some(Intent::Request))
}

fn tells(human: &Side, valence: Valence, has_error: bool) -> Intent {
    let told = human.own().filter_map(|hit| match hit.mark {
        Mark::Tell(tell) if !hit.place.negated => Some(tell),
        _ => None,
    });
    match told.last() {
        Some(Tell::Celebration) if valence != Valence::Negative => Intent::Celebration,
        Some(Tell::Complaint) if !has_error => Intent::Complaint,
        _ => Intent::Statement,
    }
}
