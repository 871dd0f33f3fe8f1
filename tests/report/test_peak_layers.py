from itertools import count

from nucleate.reports.pages._peak_layers import LAYERS, layer_maps


def test_maps_are_of_layers_with_peaks_in_order_of_depth(labelled):
    found = layer_maps(labelled, count(1))
    known = labelled.scores("peaks").drop_nulls("value")
    assert found is not None
    assert 2 <= len(found.maps) <= LAYERS
    assert [shown.depth for shown in found.maps] == sorted(shown.depth for shown in found.maps)
    values = dict(known.select("layer", "value").iter_rows())
    assert {shown.layer: shown.peaks for shown in found.maps}.items() <= values.items()
    assert found.of == len(values)


def test_unlabelled_runs_have_maps_and_layers_without_peaks_are_told(unlabelled):
    found = layer_maps(unlabelled, count(1))
    assert found is not None
    told = sum(len(layers) for layers in found.without.values())
    assert told == unlabelled.scores("peaks")["value"].null_count()
    assert found.of + told == len(unlabelled.layer_names)
