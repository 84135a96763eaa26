"""Tests of Leeway, and the clusters they run on."""
