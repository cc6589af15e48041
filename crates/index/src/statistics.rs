use crate::snapshot::Snapshot;
use std::cell::RefCell;
use std::collections::HashMap;
use tantivy::Term;
use tantivy::query::Bm25StatisticsProvider;
use tantivy::schema::Field;

/// How often words occur in all years together, so that scores can be compared between them. Each is counted once: every year asks for all of them.
pub(crate) struct Statistics<'a> {
    years: &'a [Snapshot],
    tokens: RefCell<HashMap<Field, u64>>,
    documents: RefCell<HashMap<Term, u64>>,
}

impl<'a> Statistics<'a> {
    pub(crate) fn of(years: &'a [Snapshot]) -> Self {
        Self { years, tokens: RefCell::default(), documents: RefCell::default() }
    }
}

impl Bm25StatisticsProvider for Statistics<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        if let Some(counted) = self.tokens.borrow().get(&field) {
            return Ok(*counted);
        }
        let counted = self.years.iter().map(|year| year.total_num_tokens(field)).sum::<tantivy::Result<u64>>()?;
        Ok(*self.tokens.borrow_mut().entry(field).or_insert(counted))
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        self.years.iter().map(|year| year.total_num_docs()).sum()
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        if let Some(counted) = self.documents.borrow().get(term) {
            return Ok(*counted);
        }
        let counted = self.years.iter().map(|year| year.doc_freq(term)).sum::<tantivy::Result<u64>>()?;
        Ok(*self.documents.borrow_mut().entry(term.clone()).or_insert(counted))
    }
}
