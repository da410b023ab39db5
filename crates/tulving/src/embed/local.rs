//! An embedding model in a directory, run in this process.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{iter, thread};

use tokio::sync::Mutex;
use tokio::task;
use tulving_local::{Description, LocalError, Model, Prompts};

use super::{EmbedError, Embedder, Purpose};
use crate::model::Space;

/// Texts that are embedded in one go: a question that comes meanwhile waits for no more.
const AT_ONCE: usize = 32;

/// An embedder that needs no server: BERT and XLM-RoBERTa models, such as all-MiniLM-L6-v2 and BGE-M3, from a directory as
/// Hugging Face lays it out, on all processors of the machine. What the directory needs, [`Model::open`] says.
///
/// Its weights are read when the first text is embedded. Texts are embedded as they are; what the model wants before each,
/// [`prompts`](Self::prompts) says and [`Prefixed`](super::Prefixed) puts there. A text of nothing but white space gets zeros.
#[derive(Debug)]
pub struct Local {
    space: Arc<Space>,
    directory: PathBuf,
    description: Description,
    /// Read once, also where nobody waits for it any more.
    model: Arc<Mutex<Option<Arc<Model>>>>,
    /// One piece of work has all processors.
    turn: Arc<Mutex<()>>,
}

impl Local {
    /// Reads what the directory says of its model. Vectors are of the space that has the name, which is how vectors
    /// of one model are known whoever makes them; `dims`, where they are given, must be those of the model.
    ///
    /// # Errors
    /// When a file is missing or damaged, or the model is none that can be run here.
    pub fn open(
        directory: impl Into<PathBuf>,
        model: impl Into<String>,
        dims: Option<usize>,
    ) -> Result<Self, EmbedError> {
        let directory = directory.into();
        let description = Description::read(&directory).map_err(|why| of(&directory, why))?;
        let found = description.dimensions();
        if let Some(dims) = dims.filter(|dims| *dims != found) {
            let path = directory;
            return Err(EmbedError::Width { path, dims, found });
        }
        Ok(Self {
            space: Arc::new(Space {
                provider: "local".to_owned(),
                model: model.into(),
                dims: found,
            }),
            directory,
            description,
            model: Arc::default(),
            turn: Arc::default(),
        })
    }

    /// Returns what the model wants before its texts.
    #[must_use]
    pub fn prompts(&self) -> &Prompts {
        self.description.prompts()
    }

    /// Returns the model, and reads it before if this is the first time.
    async fn model(&self) -> Result<Arc<Model>, EmbedError> {
        let mut kept = Arc::clone(&self.model).lock_owned().await;
        if let Some(model) = &*kept {
            return Ok(Arc::clone(model));
        }
        let description = self.description.clone();
        // Who comes meanwhile waits for this one, whether or not somebody else still does.
        let read = task::spawn_blocking(move || {
            let model = Arc::new(Model::load(description)?);
            *kept = Some(Arc::clone(&model));
            Ok(model)
        });
        let read = read.await.map_err(EmbedError::Stopped)?;
        read.map_err(|why| of(&self.directory, why))
    }
}

#[async_trait::async_trait]
impl Embedder for Local {
    fn space(&self) -> &Arc<Space> {
        &self.space
    }

    async fn embed(&self, texts: &[String], _: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = vec![vec![0.0; self.space.dims]; texts.len()];
        let mut seen: Vec<usize> = (0..texts.len()).collect();
        seen.retain(|text| !texts[*text].trim().is_empty());
        for places in seen.chunks(AT_ONCE) {
            let model = self.model().await?;
            let some: Vec<String> = places.iter().map(|text| texts[*text].clone()).collect();
            // It goes on where nobody waits for it any more, and keeps its turn until then.
            let turn = Arc::clone(&self.turn).lock_owned().await;
            let made = task::spawn_blocking(move || {
                let _turn = turn;
                let threads = thread::available_parallelism().map_or(1, usize::from);
                let some: Vec<&str> = some.iter().map(String::as_str).collect();
                model.embed(&some, threads)
            });
            let made = made.await.map_err(EmbedError::Stopped)?;
            let made = made.map_err(|why| of(&self.directory, why))?;
            for (place, vector) in iter::zip(places, made) {
                vectors[*place] = vector;
            }
        }
        Ok(vectors)
    }
}

fn of(directory: &Path, why: LocalError) -> EmbedError {
    let path = directory.to_owned();
    match why {
        LocalError::Text(_) => EmbedError::Text {
            path,
            source: why.into(),
        },
        _ => EmbedError::Model {
            path,
            source: why.into(),
        },
    }
}
