//! Attention: each token of a text looks at all others, in several heads.

use crate::config::Config;
use crate::math;
use crate::product::{LEFT, Left, Right, View, multiply};

/// Tokens whose scores are computed at once: a text of 8,000 tokens has 64 million scores in each head.
pub(crate) const AT_ONCE: usize = 8 * LEFT;

/// Memory that is used from one head to the next.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    scores: Vec<f32>,
    left: Left,
    keys: Right,
    values: Right,
}

impl Heads {
    /// Writes what the tokens of a text find: for each a row of `out`, which has a part for each head.
    ///
    /// A row of `asked` is what a token asks for, what it is found by, and what it then gives: three rows of `out`.
    pub(crate) fn attend(&mut self, asked: &[f32], config: &Config, out: &mut [f32]) {
        let hidden = config.hidden;
        let width = hidden / config.heads;
        let length = out.len() / hidden;
        let scale = 1.0 / (width as f32).sqrt();
        let Self {
            scores,
            left,
            keys,
            values,
        } = self;
        for head in 0..config.heads {
            let part = |which: usize, first: usize, rows| View {
                numbers: &asked[first * hidden * 3 + which * hidden + head * width..],
                rows,
                columns: width,
                down: hidden * 3,
                across: 1,
            };
            if length == 0 {
                return;
            }
            keys.pack(part(1, 0, length));
            values.pack(part(2, 0, length).turned());
            for first in (0..length).step_by(AT_ONCE) {
                let rows = AT_ONCE.min(length - first);
                scores.resize(rows * length, 0.0);
                left.pack(part(0, first, rows));
                multiply(left, keys, scores, length);
                for scores in scores.chunks_exact_mut(length) {
                    scores.iter_mut().for_each(|score| *score *= scale);
                    math::softmax(scores);
                }
                left.pack(View::of_rows(scores, length));
                multiply(
                    left,
                    values,
                    &mut out[first * hidden + head * width..],
                    hidden,
                );
            }
        }
    }
}
