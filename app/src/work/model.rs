use home::Home;
use speech::models::{self, Model, ModelError};

/// The model that was asked for, else the largest that is installed; checked, whole and hashed.
pub(crate) fn choose(home: &Home, asked: Option<&str>) -> Result<Model, ModelError> {
    let folder = home.models();
    match asked {
        Some(name) => models::prepare(&folder, name),
        None => models::prepare(&folder, &models::default_model(&folder)?.to_string_lossy()),
    }
}
