"""The epochs of a run: one phase, or two where a network is borrowed, each with an optimizer of its own.

A phase that begins is compiled, also where a run is resumed at this very epoch; within a phase the checkpoint has it
all. So it makes no difference where a run was killed.
"""

import cnn_course.quiet  # noqa: F401, loads TensorFlow without its start-up lines

# isort: split
import keras
import tensorflow as tf

from cnn_course.training import devices, networks, progress, recipe

__all__ = ["fit"]


def fit(model, run, chief):
    """All epochs that are left, phase by phase; patience belongs to the last one.

    Args:
        model: `keras.Model`, that of the checkpoint, or a new one, not compiled.
        run: the run, as `run.train` puts it together.
        chief: bool, True in the process that writes.
    """
    settings, lines = run.settings, progress.Lines(run.settings.epochs)
    losses = [row["val_loss"] for row in progress.history(run.folder / "log.csv", run.done)]
    for phase in settings.phases:
        start, (first, last, _) = max(run.done, phase[0]), phase
        patience = settings.patience if last == settings.epochs else None
        if start >= last or (patience and progress.is_exhausted(losses, patience, first)):
            continue
        if start == first:
            with run.strategy.scope():
                _compile(model, run, phase)
        callbacks = [recipe.Reseed(settings.seed), *(_writers(run, lines) if chief else [])]
        callbacks += [progress.Patience(patience, losses, first)] if patience else []
        _fit_phase(model, run, start, last, callbacks)


def _fit_phase(model, run, start, last, callbacks):
    images, settings, replicas = run.images, run.settings, run.strategy.num_replicas_in_sync

    def make_batches(context=None):
        order = settings.batch_size, settings.seed, last, start
        return recipe.batches(images.x_train, images.y_train, *order, run.load, context)

    # Keras cannot begin with a batch that the replicas share unevenly
    even = min(settings.batch_size, len(images.y_validation) // replicas * replicas)
    options = {
        "steps_per_epoch": run.steps,
        "epochs": last,
        "initial_epoch": start,
        "validation_data": recipe.in_order(images.x_validation, images.y_validation, even, run.load),
        "callbacks": callbacks,
        "verbose": 0,
    }
    if isinstance(run.strategy, tf.distribute.MultiWorkerMirroredStrategy):
        devices.fit(model, make_batches, **options)
    else:
        model.fit(make_batches(), shuffle=False, **options)  # the order is ours


def _writers(run, lines):
    """The callbacks that write: the log, behind it the checkpoint, behind it the best one."""
    log = keras.callbacks.CSVLogger(run.folder / "log.csv", append=True)
    best = [progress.KeepBest(run.folder)] if run.settings.patience else []
    return [progress.LearningRate(), log, recipe.Checkpoint(run.checkpoint), *best, lines]


def _compile(model, run, phase):
    """For a phase that begins: the rate of the second is a tenth, and drops where it is to drop behind its start."""
    first, _, frozen = phase
    settings = run.settings
    if settings.freeze or settings.fine_tune:
        (networks.freeze if frozen else networks.unfreeze)(model)
    rate = settings.learning_rate / 10 if first else settings.learning_rate
    drops = [drop - first for drop in settings.drops if drop > first]
    optimizer = recipe.optimizer(rate, run.steps, drops, settings.weight_decay)
    top_5 = [keras.metrics.SparseTopKCategoricalAccuracy(5, name="top_5")] if len(run.images.class_names) > 5 else []
    model.compile(
        # Keras would wrap it by itself, but then the checkpoint cannot be read without the same global policy
        keras.optimizers.LossScaleOptimizer(optimizer) if settings.mixed_precision else optimizer,
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy", *top_5],
        jit_compile=settings.xla,
    )
    model.optimizer.build(model.trainable_variables)  # else the first step is traced twice
