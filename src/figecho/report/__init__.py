"""How is it shown? Views of one :class:`~figecho.model.Report`; a view decides nothing."""
