"""The collector: pods are asked what they have counted, round by round, beside the reconciles."""
