/// What a model was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A folder of Hugging Face.
    HuggingFace,
    /// A `.pt` of openai-whisper.
    OpenAi,
    /// A ggml file of whisper.cpp.
    Ggml,
}
