use crate::run::options;
use anyhow::Context;
use home::{Config, EngineChoice, Home};
use speech::models::{self, Model};
use speech::{EngineProcess, Recogniser, RemoteEngine, RemoteOptions};
use std::io::Read;
use std::path::Path;
use std::time::Duration;
use worker::PassPlan;

/// How long `--once` waits for a server that isn't well.
const ONCE_WAITS: Duration = Duration::from_secs(15);
/// A file that is longer holds no key.
const LONGEST_KEY: u64 = 4_096;

/// What recognises, by the configuration: an engine on this machine, or a server.
#[derive(Clone)]
pub(crate) enum Source {
    /// `hearsay-engine`.
    Here(EngineChoice),
    /// All speech goes there.
    Server(RemoteOptions),
}

impl Source {
    /// What the configuration names.
    ///
    /// # Errors
    /// Where it names a server and doesn't say which, or the key can't be read.
    pub(crate) fn of(config: &Config, once: bool) -> anyhow::Result<Self> {
        if config.work.engine != EngineChoice::OpenAi {
            return Ok(Self::Here(config.work.engine));
        }
        let set = config.openai.clone();
        let url = set.url.context(
            "engine = \"openai\" names no server\nhint: url = \"http://…/v1\" below [openai]; all speech that is recorded is sent there",
        )?;
        let model = set.model.unwrap_or_default();
        Ok(Self::Server(RemoteOptions {
            url,
            model,
            key: set.key_file.map_or_else(|| Ok(key_of_environment()), |file| read_key(&file).map(Some))?,
            timeout: Duration::from_secs(set.timeout_s.max(1)),
            at_once: set.at_once,
            patience: once.then_some(ONCE_WAITS),
        }))
    }

    /// The model that is asked for, or the one that is set.
    ///
    /// # Errors
    /// Where there is none, or it isn't whole.
    pub(crate) fn model(&mut self, home: &Home, config: &Config, asked: Option<&str>) -> anyhow::Result<Model> {
        match self {
            Self::Here(_) => Ok(models::choose(&home.models(), asked.or(config.work.model.as_deref()))?),
            Self::Server(server) => {
                if let Some(asked) = asked {
                    asked.clone_into(&mut server.model);
                }
                let named = !server.model.is_empty();
                anyhow::ensure!(named, "no model is named to ask the server for\nhint: model = \"…\" below [openai]");
                Ok(RemoteEngine::model(&server.model))
            }
        }
    }

    /// What recognises.
    ///
    /// # Errors
    /// What keeps it from starting. A server isn't asked yet.
    pub(crate) fn recogniser(
        &self,
        executable: &Path,
        home: &Home,
        model: &Model,
    ) -> anyhow::Result<Box<dyn Recogniser + Send>> {
        Ok(match self {
            Self::Here(engine) => {
                let options = options(&home.models(), model, *engine);
                Box::new(EngineProcess::spawn(executable, &model.path, options)?)
            }
            Self::Server(server) => {
                tracing::warn!(url = server.url, "what is said and heard is sent to a server to be transcribed");
                Box::new(RemoteEngine::new(server.clone())?)
            }
        })
    }

    /// A plan with the name of the server in it, where there is one.
    pub(crate) fn named(&self, plan: PassPlan) -> PassPlan {
        match self {
            Self::Here(_) => plan,
            Self::Server(server) => plan.by_server(&server.url),
        }
    }
}

fn key_of_environment() -> Option<String> {
    std::env::var("HEARSAY_OPENAI_KEY").ok().map(|key| key.trim().to_owned()).filter(|key| !key.is_empty())
}

fn read_key(file: &Path) -> anyhow::Result<String> {
    let failed = || format!("cannot read the key {}", file.display());
    let mut key = String::new();
    std::fs::File::open(file).with_context(failed)?.take(LONGEST_KEY).read_to_string(&mut key).with_context(failed)?;
    Ok(key.trim().to_owned())
}
