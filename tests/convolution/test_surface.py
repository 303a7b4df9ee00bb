"""What other rooms may import, and nothing that they were not promised."""

import inspect

import service.convolution


def test_the_exported_names_are_documented():
    names = service.convolution.__all__
    assert sorted(names) == sorted(set(names))
    for name in names:
        value = getattr(service.convolution, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), name
            assert value.__module__.startswith("service.convolution."), name


def test_errors_are_one_tree():
    errors = [
        value
        for name in service.convolution.__all__
        if inspect.isclass(value := getattr(service.convolution, name))
        and issubclass(value, Exception)
    ]
    assert len(errors) == 5
    assert all(issubclass(error, service.convolution.ConvolutionError) for error in errors)
