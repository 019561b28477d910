"""The declaration of a metric, and the estimate of a statistic with its standard error."""
