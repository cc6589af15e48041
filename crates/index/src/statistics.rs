use tantivy::query::Bm25StatisticsProvider;
use tantivy::schema::Field;
use tantivy::{Searcher as Snapshot, Term};

/// How often words occur in all years together, so that scores can be compared between them.
pub(crate) struct Statistics<'a>(pub(crate) &'a [Snapshot]);

impl Bm25StatisticsProvider for Statistics<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        self.0.iter().map(|year| year.total_num_tokens(field)).sum()
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        self.0.iter().map(Bm25StatisticsProvider::total_num_docs).sum()
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        self.0.iter().map(|year| Bm25StatisticsProvider::doc_freq(year, term)).sum()
    }
}
