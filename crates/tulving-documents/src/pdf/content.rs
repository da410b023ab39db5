//! What a page draws: pieces of text with their places.

use std::collections::HashMap;
use std::rc::Rc;

use lopdf::content::Content;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use super::font::Font;
use super::lines::{self, Run};
use super::page::Page;

/// How deep drawings may be in each other; a page that draws itself ends there.
const DEPTH: usize = 8;

/// How many operators of drawings that are used by pages are followed in one file: a few of them may use each
/// other many times over.
const OPERATORS: usize = 20_000_000;

/// Goes through the pages of a file.
pub(super) struct Walker<'f> {
    file: &'f Document,
    most: usize,
    /// By the places of their dictionaries.
    fonts: HashMap<usize, Rc<Font<'f>>>,
    operators: usize,
    runs: Vec<Run>,
    has_picture: bool,
}

/// A matrix as PDF writes it: `[a b c d e f]`.
#[derive(Clone, Copy)]
struct Matrix([f32; 6]);

impl Matrix {
    const ONE: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    fn of(operands: &[Object]) -> Self {
        let mut matrix = Self::ONE;
        for (place, operand) in matrix.0.iter_mut().zip(operands) {
            *place = operand.as_float().unwrap_or(0.0);
        }
        matrix
    }

    /// Returns this one, then the other.
    fn then(self, other: Self) -> Self {
        let (Self([a, b, c, d, e, f]), Self(o)) = (self, other);
        Self([
            a * o[0] + b * o[2],
            a * o[1] + b * o[3],
            c * o[0] + d * o[2],
            c * o[1] + d * o[3],
            e * o[0] + f * o[2] + o[4],
            e * o[1] + f * o[3] + o[5],
        ])
    }

    fn moved(x: f32, y: f32) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y])
    }
}

#[derive(Clone)]
struct State<'f> {
    page: Matrix,
    font: Option<Rc<Font<'f>>>,
    size: f32,
    letters: f32,
    words: f32,
    stretch: f32,
    leading: f32,
    rise: f32,
}

impl<'f> Walker<'f> {
    pub(super) fn new(file: &'f Document, most: usize) -> Self {
        Self {
            file,
            most,
            fonts: HashMap::new(),
            operators: 0,
            runs: Vec::new(),
            has_picture: false,
        }
    }

    /// Returns what a page shows. Of one that is damaged that is what stands before the damage, or nothing.
    pub(super) fn page(&mut self, id: ObjectId) -> Page {
        self.runs.clear();
        self.has_picture = false;
        let resources = self.file.get_page_resources(id);
        let resources = resources.map_or(Vec::new(), |(own, inherited)| {
            let inherited = inherited.into_iter();
            let inherited = inherited.filter_map(|id| self.file.get_dictionary(id).ok());
            own.into_iter().chain(inherited).collect()
        });
        if let Ok(content) = self.file.get_page_content_with_limit(id, self.most) {
            self.draw(&content, &resources, Matrix::ONE, 0);
        }
        Page {
            lines: lines::lines(&self.runs),
            has_picture: self.has_picture,
        }
    }

    fn draw(&mut self, content: &[u8], resources: &[&'f Dictionary], page: Matrix, depth: usize) {
        let Ok(content) = Content::decode(content) else {
            return;
        };
        let mut state = State {
            page,
            font: None,
            size: 0.0,
            letters: 0.0,
            words: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
        };
        let mut saved = Vec::new();
        let (mut text, mut line) = (Matrix::ONE, Matrix::ONE);
        for operation in &content.operations {
            self.operators += 1;
            let operands = operation.operands.as_slice();
            let number = |at: usize| {
                operands
                    .get(at)
                    .and_then(|o| o.as_float().ok())
                    .unwrap_or(0.0)
            };
            match operation.operator.as_str() {
                "q" => saved.push(state.clone()),
                "Q" => state = saved.pop().unwrap_or(state),
                "cm" => state.page = Matrix::of(operands).then(state.page),
                "BT" => (text, line) = (Matrix::ONE, Matrix::ONE),
                "Tf" => {
                    let name = operands.first().and_then(|name| name.as_name().ok());
                    state.font = name.and_then(|name| self.font(name, resources));
                    state.size = number(1);
                }
                "Tc" => state.letters = number(0),
                "Tw" => state.words = number(0),
                "Tz" => state.stretch = number(0) / 100.0,
                "TL" => state.leading = number(0),
                "Ts" => state.rise = number(0),
                "Tm" => {
                    line = Matrix::of(operands);
                    text = line;
                }
                operator @ ("Td" | "TD") => {
                    if operator == "TD" {
                        state.leading = -number(1);
                    }
                    line = Matrix::moved(number(0), number(1)).then(line);
                    text = line;
                }
                operator @ ("T*" | "'" | "\"") => {
                    if operator == "\"" {
                        (state.words, state.letters) = (number(0), number(1));
                    }
                    line = Matrix::moved(0.0, -state.leading).then(line);
                    text = line;
                    if let Some(Object::String(codes, _)) = operands.last() {
                        self.show(codes, &state, &mut text);
                    }
                }
                "Tj" => {
                    if let Some(Object::String(codes, _)) = operands.first() {
                        self.show(codes, &state, &mut text);
                    }
                }
                "TJ" => {
                    let pieces = operands.first().and_then(|list| list.as_array().ok());
                    for piece in pieces.into_iter().flatten() {
                        match piece {
                            Object::String(codes, _) => self.show(codes, &state, &mut text),
                            back => {
                                let back = back.as_float().unwrap_or(0.0) / 1000.0;
                                let x = -back * state.size * state.stretch;
                                text = Matrix::moved(x, 0.0).then(text);
                            }
                        }
                    }
                }
                "BI" | "INLINE IMAGE" => self.has_picture = true,
                "Do" => {
                    let name = operands.first().and_then(|name| name.as_name().ok());
                    let drawing = name.and_then(|name| self.resource(b"XObject", name, resources));
                    if let Some(Object::Stream(drawing)) = drawing {
                        self.use_drawing(drawing, resources, state.page, depth);
                    }
                }
                _ => {}
            }
        }
    }

    fn use_drawing(
        &mut self,
        drawing: &'f Stream,
        around: &[&'f Dictionary],
        page: Matrix,
        depth: usize,
    ) {
        let kind = drawing.dict.get(b"Subtype").and_then(Object::as_name);
        if kind.ok() != Some(b"Form") {
            self.has_picture = true;
            return;
        }
        if depth >= DEPTH || self.operators > OPERATORS {
            return;
        }
        let own = drawing.dict.get_deref(b"Resources", self.file);
        let own = own.and_then(Object::as_dict).ok();
        let resources: Vec<_> = own.into_iter().chain(around.iter().copied()).collect();
        let matrix = drawing
            .dict
            .get_deref(b"Matrix", self.file)
            .and_then(Object::as_array);
        let matrix = matrix.map_or(Matrix::ONE, |numbers| Matrix::of(numbers));
        if let Ok(content) = drawing.get_plain_content_with_limit(self.most) {
            self.draw(&content, &resources, matrix.then(page), depth + 1);
        }
    }

    fn resource(
        &self,
        category: &[u8],
        name: &[u8],
        resources: &[&'f Dictionary],
    ) -> Option<&'f Object> {
        let file = self.file;
        let mut found = resources.iter().filter_map(|resources| {
            let all = resources.get_deref(category, file).ok()?.as_dict().ok()?;
            all.get_deref(name, file).ok()
        });
        found.next()
    }

    fn font(&mut self, name: &[u8], resources: &[&'f Dictionary]) -> Option<Rc<Font<'f>>> {
        let dictionary = self.resource(b"Font", name, resources)?.as_dict().ok()?;
        let (file, most) = (self.file, self.most);
        let place = std::ptr::from_ref(dictionary) as usize;
        let font = self.fonts.entry(place);
        let font = font.or_insert_with(|| Rc::new(Font::of(dictionary, file, most)));
        Some(Rc::clone(font))
    }

    /// Takes a string, and moves behind it.
    fn show(&mut self, codes: &[u8], state: &State<'f>, text: &mut Matrix) {
        let Some(font) = &state.font else {
            return;
        };
        let (width, letters, spaces) = font.measure(codes);
        let width = width / 1000.0 * state.size
            + state.letters * letters as f32
            + state.words * spaces as f32;
        let Matrix([a, b, c, d, x, y]) =
            Matrix::moved(0.0, state.rise).then(*text).then(state.page);
        let width = width * state.stretch;
        self.runs.push(Run {
            x,
            y,
            end: x + width * a.hypot(b),
            size: state.size.abs() * c.hypot(d),
            is_bold: font.is_bold,
            text: font.text(codes),
        });
        *text = Matrix::moved(width, 0.0).then(*text);
    }
}
